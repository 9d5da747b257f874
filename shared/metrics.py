"""Every metric there is, declared once with its meaning. Labels hold codes, never ids or names."""

from prometheus_client import Counter, Gauge, Histogram

OUTBOX_WAITING = Gauge(
    "tandem_outbox_waiting_events", "Events that wait in the outbox, as the relay last saw them."
)
OUTBOX_REFUSED = Gauge(
    "tandem_outbox_refused_keys",
    "Keys (or topics) whose events wait in the outbox because Kafka refuses one of them.",
)
OUTBOX_PUBLISHED = Counter(
    "tandem_outbox_published_events", "Events that Kafka has acknowledged to the relay."
)
INBOX_TAKEN = Counter(
    "tandem_inbox_taken_events", "Events that took effect, by type.", ["event_type"]
)
INBOX_SKIPPED = Counter(
    "tandem_inbox_skipped_records", "Records delivered again, that had taken effect before."
)
INBOX_LAG = Gauge("tandem_inbox_lag_records", "Records on Kafka that this process has not fetched.")
INBOX_BATCH_SECONDS = Histogram(
    "tandem_inbox_batch_seconds", "From taking a batch of records to its commit."
)
DEAD_LETTERS_WAITING = Gauge(
    "tandem_dead_letters_waiting", "Dead letters that wait to be replayed or discarded."
)
DEAD_LETTERS = Counter("tandem_dead_letters", "Records that were put aside as dead letters.")
HTTP_SECONDS = Histogram(
    "tandem_http_request_seconds",
    "Answering a request, by route template and status.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
)
