"""The audit: what of a corpus would fool you, with a code, numbers and what to do; each check is one function."""

from raymer.audits.finding import Finding
from raymer.audits.report import Audit, audit, quick_findings

__all__ = ["Audit", "Finding", "audit", "quick_findings"]
