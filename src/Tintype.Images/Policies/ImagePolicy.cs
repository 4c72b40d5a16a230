using Tintype.Platform.Policy;

namespace Tintype.Images.Policies;

/// <summary>The rules about images, by Glance's names and with its defaults, those that hold when it enforces its new ones.</summary>
internal static class ImagePolicy
{
    // Asked by others alone.
    public static PolicyRule Default { get; } = new("default", PolicyWords.Everybody, PolicyTargetKind.Nothing);
    public static PolicyRule ContextIsAdmin { get; } = new("context_is_admin", "role:admin", PolicyTargetKind.Nothing);
    public static PolicyRule ServiceApi { get; } = new("service_api", "role:service or role:admin", PolicyTargetKind.Nothing);

    public static PolicyRule AddImage { get; } = OfImage("add_image", PolicyWords.MemberForItself);
    public static PolicyRule GetImage { get; } = OfImage("get_image", PolicyWords.SeeingReader);
    public static PolicyRule GetImages { get; } = new("get_images", PolicyWords.OwningReader, PolicyTargetKind.Project);
    public static PolicyRule ModifyImage { get; } = OfImage("modify_image", PolicyWords.OwningMember);
    public static PolicyRule DeleteImage { get; } = OfImage("delete_image", PolicyWords.OwningMember);
    public static PolicyRule PublicizeImage { get; } = OfImage("publicize_image", PolicyWords.Admin);
    public static PolicyRule CommunitizeImage { get; } = OfImage("communitize_image", PolicyWords.OwningMember);
    public static PolicyRule Deactivate { get; } = OfImage("deactivate", PolicyWords.OwningMember);
    public static PolicyRule Reactivate { get; } = OfImage("reactivate", PolicyWords.OwningMember);

    public static PolicyRule UploadImage { get; } = OfImage("upload_image", PolicyWords.OwningMember);
    public static PolicyRule DownloadImage { get; } = OfImage("download_image", PolicyWords.SeeingMember);
    public static PolicyRule DownloadFromStore { get; } = OfImage("download_from_store", PolicyWords.SeeingMember);
    public static PolicyRule CopyImage { get; } = OfImage("copy_image", PolicyWords.Admin);

    // By PATCH of an image, and by the path /locations.
    public static PolicyRule GetImageLocation { get; } = OfImage("get_image_location", PolicyWords.OwningReader);
    public static PolicyRule SetImageLocation { get; } = OfImage("set_image_location", PolicyWords.OwningMember);
    public static PolicyRule DeleteImageLocation { get; } = OfImage("delete_image_location", PolicyWords.Admin);
    public static PolicyRule AddImageLocation { get; } = OfImage("add_image_location", PolicyWords.ServiceOrMemberForItself);
    public static PolicyRule FetchImageLocation { get; } = OfImage("fetch_image_location", PolicyWords.Service);

    public static PolicyRule AddMember { get; } = OfImage("add_member", PolicyWords.OwningMember);
    public static PolicyRule DeleteMember { get; } = OfImage("delete_member", PolicyWords.OwningMember);
    public static PolicyRule GetMember { get; } = OfImage("get_member", PolicyWords.OwnerOrOffered);
    public static PolicyRule GetMembers { get; } = OfImage("get_members", PolicyWords.OwnerOrOffered);
    public static PolicyRule ModifyMember { get; } = OfImage("modify_member", PolicyWords.Offered);

    public static PolicyRule ManageImageCache { get; } = new("manage_image_cache", PolicyWords.Admin, PolicyTargetKind.Nothing);
    public static PolicyRule CacheImage { get; } = OfImage("cache_image", PolicyWords.Admin);
    public static PolicyRule CacheList { get; } = new("cache_list", PolicyWords.Admin, PolicyTargetKind.Nothing);
    public static PolicyRule CacheDelete { get; } = new("cache_delete", PolicyWords.Admin, PolicyTargetKind.Nothing);
    public static PolicyRule CacheClean { get; } = new("cache_clean", PolicyWords.Admin, PolicyTargetKind.Nothing);
    public static PolicyRule CachePrune { get; } = new("cache_prune", PolicyWords.Admin, PolicyTargetKind.Nothing);
    public static PolicyRule ListCachedNodes { get; } = OfImage("list_cached_nodes", PolicyWords.Admin);

    public static PolicyRule StoresInfoDetail { get; } = new("stores_info_detail", PolicyWords.AdminOrService, PolicyTargetKind.Nothing);

    public static PolicyRule TasksApiAccess { get; } = new("tasks_api_access", PolicyWords.Admin, PolicyTargetKind.Nothing);
    public static PolicyRule GetTask { get; } = new("get_task", "rule:default", PolicyTargetKind.Nothing);
    public static PolicyRule GetTasks { get; } = new("get_tasks", "rule:default", PolicyTargetKind.Nothing);
    public static PolicyRule AddTask { get; } = new("add_task", "rule:default", PolicyTargetKind.Nothing);
    public static PolicyRule ModifyTask { get; } = new("modify_task", "rule:default", PolicyTargetKind.Nothing);

    public static IReadOnlyCollection<PolicyRule> All { get; } =
    [
        Default, ContextIsAdmin, ServiceApi,
        AddImage, GetImage, GetImages, ModifyImage, DeleteImage, PublicizeImage, CommunitizeImage, Deactivate, Reactivate,
        UploadImage, DownloadImage, DownloadFromStore, CopyImage,
        GetImageLocation, SetImageLocation, DeleteImageLocation, AddImageLocation, FetchImageLocation,
        AddMember, DeleteMember, GetMember, GetMembers, ModifyMember,
        ManageImageCache, CacheImage, CacheList, CacheDelete, CacheClean, CachePrune, ListCachedNodes,
        StoresInfoDetail, TasksApiAccess, GetTask, GetTasks, AddTask, ModifyTask,
    ];

    private static PolicyRule OfImage(string name, string check) => new(name, check, ImageTarget.Kind);
}
