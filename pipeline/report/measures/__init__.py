"""Recommendations of reports: a draft plan of measures (clause 八) that people take over, change and answer for."""
