using System.Text.Json;
using Tintype.Platform.Http;

namespace Tintype.Images.Metadefs;

/// <summary>The refusals about metadata definitions, with Glance's status and sentences.</summary>
internal static class MetadefFaults
{
    extension(Fault)
    {
        /// <summary>Not there, or not the caller's to see: the answer does not tell which.</summary>
        public static Fault NamespaceNotFound(string name) => Fault.NotFound($"Namespace {name} not found");

        /// <summary>The same in the words of those operations that look for the namespace in another way.</summary>
        public static Fault NamespaceMissing(string name) => Fault.NotFound($"Metadata definition namespace={name} was not found.");

        public static Fault DuplicateNamespace(string name) => Fault.Conflict($"The metadata definition namespace={name} already exists.");

        public static Fault DuplicateNamespaceByUpdate(string name) =>
            Fault.Conflict($"Invalid update. It would result in a duplicate metadata definition namespace with the same name of {name}");

        public static Fault ProtectedNamespace(string name) =>
            Fault.Forbidden($"Metadata definition namespace {name} is protected and cannot be deleted.");

        public static Fault DuplicateByUpdate(string word, string name, string ns) => Fault.Conflict(
            $"Invalid update. It would result in a duplicate metadata definition {word} with the same name={name} in namespace={ns}.");

        public static Fault DuplicateTag(string name, string ns) => Fault.Conflict(
            $"A metadata tag with name={name} already exists in namespace={ns}. (Please note that metadata tag names are case insensitive).");

        public static Fault DuplicateAssociation(string name, string ns) => Fault.Conflict(
            $"The metadata definition resource-type association of resource-type={name} to namespace={ns} already exists.");

        public static Fault ProtectedItem(string word, string name) =>
            Fault.Forbidden($"Metadata definition {word} {name} is protected and cannot be deleted.");

        public static Fault ResourceTypeNotFound(string name) =>
            Fault.NotFound($"The metadata definition resource-type with name={name}, was not found.");

        public static Fault AssociationNotFound(string name, string ns) => Fault.NotFound(
            $"The metadata definition resource-type association of resource-type={name} to namespace={ns}, was not found.");

        public static Fault WithoutPrefix(string property, string? prefix) => Fault.NotFound(
            $"Property {property} does not start with the expected resource type association prefix of '{prefix ?? "None"}'.");

        /// <param name="at">Where in the body, as Python would write it: <c>['tags'][0]</c>.</param>
        public static Fault SchemaMismatch(string schema, string reason, string at, JsonElement value) => Fault.BadRequest(
            $"Provided object does not match schema '{schema}': {reason}\n\nOn instance{at}:\n    {PythonText.Show(value)}");

        /// <summary>400 where Glance fails: what its schemas let pass and its types do not.</summary>
        /// <param name="where">What is wrong, as within a sentence: "the tag".</param>
        public static Fault UnfitMember(string where, string reason) =>
            Fault.BadRequest($"{char.ToUpperInvariant(where[0])}{where[1..]} cannot be used: {reason}");
    }
}
