"""For all tests: properties are judged by what they find, not by how busy the machine is; servers in Java start at half the cost."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("kestrel", deadline=None, print_blob=True)
settings.load_profile("kestrel")

# A test's Kafka and HDFS live for seconds. Java's optimising compiler pays after minutes, and takes half of the start until then.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
