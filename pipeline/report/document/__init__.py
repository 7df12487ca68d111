"""What a report says, as blocks that every format can show; which edition says what is in ``editions``."""
