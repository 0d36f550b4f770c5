"""From a simplified graph to a frozen plan; touches no device."""
