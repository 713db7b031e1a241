"""The contract: what is said between drones, station and headquarters, on which topic, in which bytes."""
