"""From an approved edition to deliveries: verified, queued, sent, corrected, accounted for."""
