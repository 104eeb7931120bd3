"""The commands by subject; `service.cli` puts them together."""
