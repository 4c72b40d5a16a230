namespace Tintype.Images.Metadefs.Items;

/// <summary>Something that a namespace contains: its name is unique among its kind there.</summary>
internal sealed record Item<T>(long Id, string Name, T Content, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>An item that a client asks for.</summary>
internal sealed record ItemDraft<T>(string Name, T Content);
