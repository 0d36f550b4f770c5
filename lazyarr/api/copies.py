"""Copies between host and device, recorded: public names of the ledger."""

from lazyarr.runtime.ledger import Transfer, Transfers, transfers

__all__ = ["Transfer", "Transfers", "transfers"]
