"""What mail servers send back: bounces, complaints, and the mail log."""
