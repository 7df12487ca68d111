"""Sample landing data for every table of the contract, with planted faults and what is true of them.

Draws fictitious enterprises: who they are (``profiles``), their registers (``network``, ``workforce``, ``clientele``,
``governance``, ``experts``), what happens (``requests``, ``contacts``, ``voice``, ``surveys``, ``parts``, ``upkeep``), how it
is put together (``generate``), broken (``defects``), written (``writer``, ``write``) and what must come out (``truth``). The
pipeline never reads anything from here but files.
"""

from pipeline.sample.write import SampleTruth, planted_personal_data, write_sample

__all__ = ["SampleTruth", "planted_personal_data", "write_sample"]
