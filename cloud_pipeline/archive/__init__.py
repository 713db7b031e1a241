"""The archive: Delta Lake tables on HDFS, one for each kind of message."""
