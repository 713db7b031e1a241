"""The edge bridge: a station's memory. MQTT or the historic CSV in, a store on disk, Kafka out; it keeps alerts and acknowledges drones."""
