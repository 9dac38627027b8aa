"""From a mix and its master back to settings of the chain: what was done, and how sure that is."""
