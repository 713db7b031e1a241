"""Headquarters' own record of alerts, kept without Spark: a consumer of Kafka and a small SQLite store."""
