-- Which summons numbers a historic file has: the city has published the same ticket twice in one file.
CREATE TABLE summons (drone_id TEXT NOT NULL, summons_number TEXT NOT NULL, PRIMARY KEY (drone_id, summons_number)) WITHOUT ROWID;
