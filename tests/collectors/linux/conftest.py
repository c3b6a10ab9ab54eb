"""The trees and helpers beside this file can be imported by the tests in the rooms below."""
