"""What can go wrong in headquarters' part.

CloudError
├── SettingError      a wrong setting: stops at the start, with the setting's name and what it should be
├── NotReady          Kafka or HDFS does not answer yet: waited for and tried again
├── DataGone          Kafka has deleted records that were not archived yet: a person must look, nothing is skipped silently
├── BatchFailed       a batch was not archived; the query stops, and tries it again when it is started anew
├── SparkGone         Spark's JVM has ended under us
└── ArchiveError      the archive cannot be read, or it lacks what a question needs
"""

from __future__ import annotations


class CloudError(Exception):
    """Root of the component's errors. The text is one plain line."""


class SettingError(CloudError):
    """A setting is missing or wrong; the line names it and says what it should be."""


class NotReady(CloudError):
    """Something outside does not answer yet. The caller waits and tries again."""


class DataGone(CloudError):
    """Records are no longer in Kafka although they were never archived. Going on would hide a loss."""


class ArchiveError(CloudError):
    """The archive cannot be read."""


class BatchFailed(CloudError):
    """A batch of the stream could not be archived."""


class SparkGone(CloudError):
    """Spark's JVM no longer answers: it was killed or ran out of memory. Whoever started us starts us again; nothing is lost."""
