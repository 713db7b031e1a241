"""The demo: every part of Kestrel on one machine, as child processes, with a window or with a scripted officer and a proof at the end."""
