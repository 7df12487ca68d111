"""The editions of a report, each a document of clause 七's five parts: management, operations, public."""
