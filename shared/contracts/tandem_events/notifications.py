"""What notifications tells: who was told what, and who could not be."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from tandem_events.codes import FailureReason, NotificationChannel, NotificationKind
from tandem_events.event import Event
from tandem_events.topics import Kind, Topic


class NotificationSent(Event):
    """A message was accepted by the channel's server."""

    topic: ClassVar[Topic] = Topic("notification-sent", Kind.FACT, "person_id", "notifications")
    subject_field: ClassVar[str] = "notification_id"

    notification_id: UUID
    person_id: UUID
    programme_id: UUID
    kind: NotificationKind
    channel: NotificationChannel
    sent_at: AwareDatetime


class NotificationFailed(Event):
    """A message can't be delivered and will not be tried again."""

    topic: ClassVar[Topic] = Topic("notification-failed", Kind.FACT, "person_id", "notifications")
    subject_field: ClassVar[str] = "notification_id"

    notification_id: UUID
    person_id: UUID
    programme_id: UUID
    kind: NotificationKind
    channel: NotificationChannel
    reason: FailureReason
    failed_at: AwareDatetime
