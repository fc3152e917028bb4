"""The report of a run: one self-contained page that opens anywhere."""

from vegard.report.page import write as write
from vegard.report.pictures import figures as figures
from vegard.report.words import answer as answer
from vegard.report.words import key_numbers as key_numbers

__all__ = ["answer", "figures", "key_numbers", "write"]
