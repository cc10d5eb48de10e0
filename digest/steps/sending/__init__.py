"""From an approved edition to deliveries: verify, queue, send, correct, reconcile."""
