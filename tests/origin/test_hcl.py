from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.origin.hcl import blocks

HOSTILE = """\
# resource "aws_x" "comment" {
// resource "aws_x" "slashes" {
/* resource "aws_x" "starred" {
*/
locals {
  text  = "resource \\"aws_x\\" \\"quoted\\" { ${join("}", ["{", "\\"}"])} %{ if true }}%{ endif }"
  plain = "$${not} a template { %%{ neither }"
  doc   = <<-EOT
    resource "aws_x" "heredoc" {
    ${upper("}")}
  EOT
  map   = { resource = "aws_x", other = [ { a = 1 } ] }
}

resource "aws_s3_bucket" "logs" { bucket = "a" }
resource aws_iam_user "people" {
  for_each = toset(["ann", "bob"])
  name     = each.key
  source   = "not a module"
}

module "net"
{
  source = "./modules/net"
  nested = { source = "./elsewhere" }
}
module "vpc" { source = "terraform-aws-modules/vpc/aws" }
"""


def test_only_real_blocks_count() -> None:
    found = {(b.kind, *b.labels): (b.line, b.end) for b in blocks(HOSTILE)}
    assert found == {
        ("locals",): (5, 13),
        ("resource", "aws_s3_bucket", "logs"): (15, 15),
        ("resource", "aws_iam_user", "people"): (16, 20),
        ("module", "vpc"): (27, 27),
    }


def test_a_modules_own_source_counts() -> None:
    found = {b.labels: b.source for b in blocks(HOSTILE.replace('"net"\n{', '"net" {'))}
    assert found["net",] == "./modules/net"
    assert found["vpc",] == "terraform-aws-modules/vpc/aws"


def test_a_broken_file_gives_what_was_whole() -> None:
    text = 'resource "a" "b" {\n}\nresource "c" "d" {\n  x = "never closed\n'
    assert [b.labels for b in blocks(text)] == [("a", "b")]
    assert blocks('}\nresource "a" "b" {\n}\n') == []


@given(st.text(alphabet='{}"\\$%<-EOT\n #/*=ab()[]', max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    for block in blocks(text):
        assert 1 <= block.line <= block.end <= text.count("\n") + 1


def test_long_files_are_read_in_linear_time() -> None:
    text = 'resource "a" "b" {\n  x = "${f("${g("y")}")}"\n}\n' * 5000
    assert len(blocks(text)) == 5000
    assert blocks("/*" * 50_000) == []
    assert blocks('"' + "${" * 50_000) == []
