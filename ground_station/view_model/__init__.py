"""What the desk shows and decides, without Qt, clock, thread, network or disk: events in, states and requests out."""
