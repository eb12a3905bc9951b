"""Slack's methods, one file for each family; `METHODS` finds them by name."""

import importlib
import pkgutil

from local.slack.methods.registry import METHODS

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["METHODS"]
