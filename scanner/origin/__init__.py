"""Where a live resource was made: the line of infrastructure code, from what the code left behind.

Terraform state and the HCL beside it, CloudFormation templates with stack resources or tags, CDK
assemblies, Bicep files, and the tags that Yor writes. What is not proven stays without a line: a
wrong one would send somebody to change the wrong thing.
"""

from scanner.origin.find import find_origins
from scanner.origin.lines import Origins, attach

__all__ = ["Origins", "attach", "find_origins"]
