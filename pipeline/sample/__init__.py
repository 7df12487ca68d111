"""Sample landing data for every table of single records in the contract, with planted faults and the expected results.

The pipeline reads only the files, nothing else from here. Fictitious enterprises (``profiles``), their registers
(``network``, ``workforce``, ``clientele``, ``governance``, ``experts``) and events (``requests``, ``contacts``, ``voice``,
``surveys``, ``parts``, ``upkeep``), with planted effects (``effects``, ``plants``), are assembled (``generate``), given faults
(``defects``) and written (``writer``, ``write``); ``truth`` computes the expected results.
"""

from pipeline.sample.write import SampleTruth, planted_personal_data, write_sample

__all__ = ["SampleTruth", "planted_personal_data", "write_sample"]
