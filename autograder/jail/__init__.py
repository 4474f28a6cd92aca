LEVELS=("process",)
Jail=None
