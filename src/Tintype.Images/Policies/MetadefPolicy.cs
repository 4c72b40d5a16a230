using Tintype.Platform.Policy;

namespace Tintype.Images.Policies;

/// <summary>The rules about metadata definitions: who sees a namespace reads all that is in it, and admins write.</summary>
internal static class MetadefPolicy
{
    public static PolicyRule Default { get; } = new("metadef_default", PolicyWords.Everybody, PolicyTargetKind.Nothing);
    public static PolicyRule Admin { get; } = new("metadef_admin", PolicyWords.Admin, PolicyTargetKind.Nothing);

    public static PolicyRule GetNamespace { get; } = Read("get_metadef_namespace");
    public static PolicyRule GetNamespaces { get; } = new("get_metadef_namespaces", PolicyWords.OwningReader, NamespaceTarget.Kind);
    public static PolicyRule AddNamespace { get; } = Write("add_metadef_namespace");
    public static PolicyRule ModifyNamespace { get; } = Write("modify_metadef_namespace");
    public static PolicyRule DeleteNamespace { get; } = Write("delete_metadef_namespace");

    public static PolicyRule GetObject { get; } = Read("get_metadef_object");
    public static PolicyRule GetObjects { get; } = Read("get_metadef_objects");
    public static PolicyRule AddObject { get; } = Write("add_metadef_object");
    public static PolicyRule ModifyObject { get; } = Write("modify_metadef_object");
    public static PolicyRule DeleteObject { get; } = Write("delete_metadef_object");

    public static PolicyRule ListResourceTypes { get; } = Read("list_metadef_resource_types");
    public static PolicyRule GetResourceType { get; } = Read("get_metadef_resource_type");
    public static PolicyRule AddResourceTypeAssociation { get; } = Write("add_metadef_resource_type_association");
    public static PolicyRule RemoveResourceTypeAssociation { get; } = Write("remove_metadef_resource_type_association");

    public static PolicyRule GetProperty { get; } = Read("get_metadef_property");
    public static PolicyRule GetProperties { get; } = Read("get_metadef_properties");
    public static PolicyRule AddProperty { get; } = Write("add_metadef_property");
    public static PolicyRule ModifyProperty { get; } = Write("modify_metadef_property");
    public static PolicyRule RemoveProperty { get; } = Write("remove_metadef_property");

    public static PolicyRule GetTag { get; } = Read("get_metadef_tag");
    public static PolicyRule GetTags { get; } = Read("get_metadef_tags");
    public static PolicyRule AddTag { get; } = Write("add_metadef_tag");
    public static PolicyRule AddTags { get; } = Write("add_metadef_tags");
    public static PolicyRule ModifyTag { get; } = Write("modify_metadef_tag");
    public static PolicyRule DeleteTag { get; } = Write("delete_metadef_tag");
    public static PolicyRule DeleteTags { get; } = Write("delete_metadef_tags");

    public static IReadOnlyCollection<PolicyRule> All { get; } =
    [
        Default, Admin,
        GetNamespace, GetNamespaces, AddNamespace, ModifyNamespace, DeleteNamespace,
        GetObject, GetObjects, AddObject, ModifyObject, DeleteObject,
        ListResourceTypes, GetResourceType, AddResourceTypeAssociation, RemoveResourceTypeAssociation,
        GetProperty, GetProperties, AddProperty, ModifyProperty, RemoveProperty,
        GetTag, GetTags, AddTag, AddTags, ModifyTag, DeleteTag, DeleteTags,
    ];

    private static PolicyRule Read(string name) => new(name, PolicyWords.NamespaceReader, NamespaceTarget.Kind);

    private static PolicyRule Write(string name) => new(name, "rule:metadef_admin", NamespaceTarget.Kind);
}
