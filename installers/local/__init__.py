"""The one-machine stack: Mosquitto, Kafka and HDFS as child processes, and the words of the `kestrel` command."""
