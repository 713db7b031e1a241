"""Set-up before there is an environment: the standard library only, run by whatever Python the machine has."""
