using Tintype.Platform.Policy;

namespace Tintype.Tests.Images;

/// <summary>The callers whom the rules tell apart.</summary>
internal static class Personas
{
    public const string Owners = "11111111111111111111111111111111";
    public const string Offered = "22222222222222222222222222222222";
    public const string Strangers = "33333333333333333333333333333333";

    public static Caller Admin { get; } = In(Strangers, "admin", "manager", "member", "reader");

    public static Caller OwningMember { get; } = Member(Owners);

    public static Caller Member(string project) => In(project, "member", "reader");

    public static Caller Reader(string project) => In(project, "reader");

    public static Caller In(string project, params string[] roles) => new("user", "user", project, "project", "default", roles);

    public static Caller Of(string persona) => persona switch
    {
        "admin" => Admin,
        "owner" => OwningMember,
        "owner's reader" => Reader(Owners),
        "offered" => Member(Offered),
        "offered reader" => Reader(Offered),
        "stranger" => Member(Strangers),
        "strange reader" => Reader(Strangers),
        "owner without role" => In(Owners, "billing"),
        _ => throw new ArgumentOutOfRangeException(nameof(persona), persona, "Unknown."),
    };
}
