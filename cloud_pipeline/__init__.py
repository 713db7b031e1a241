"""Headquarters: Kafka's stream into the archive on HDFS, its alerts into a store of their own, and the archive into answers."""
