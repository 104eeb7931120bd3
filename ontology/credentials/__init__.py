"""Credentials that learners hold: Open Badges, Comprehensive Learner Records, W3C Verifiable Credentials."""
