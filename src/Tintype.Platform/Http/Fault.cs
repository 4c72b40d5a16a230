namespace Tintype.Platform.Http;

/// <summary>What kind of refusal a request ends with; <see cref="FaultKindStatus"/> maps each to its HTTP status.</summary>
public enum FaultKind
{
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    RequestTimeout,
    Conflict,
    Gone,
    PreconditionFailed,
    PayloadTooLarge,
    UnsupportedMediaType,
    RangeNotSatisfiable,
    Locked,

    /// <summary>Of the tus protocol: bytes arrived otherwise than they were sent.</summary>
    ChecksumMismatch,
    ServerError,
    NotImplemented,
    Unavailable,
}

/// <summary>
/// Ends the request with a refusal. Thrown anywhere below an endpoint, written once, by the dialect of the API that
/// was called (Glance, Nova and Keystone each have a body format that clients parse).
/// A room adds its own factories as static extension members, so that a call site reads <c>throw Fault.ImageNotFound(id)</c>.
/// </summary>
public sealed class Fault(FaultKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    public FaultKind Kind { get; } = kind;

    /// <summary>Response headers that belong to the refusal (<c>Allow</c>, <c>Accept-Patch</c>, <c>Content-Range</c>).</summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The particular cause, where the message is the API's generic sentence for the kind (Glance writes both).</summary>
    public string? Detail { get; private set; }

    public Fault WithDetail(string detail)
    {
        Detail = detail;
        return this;
    }

    public Fault WithHeader(string name, string value)
    {
        Headers[name] = value;
        return this;
    }

    public static Fault BadRequest(string message) => new(FaultKind.BadRequest, message);

    public static Fault Unauthorized(string message = "The request you have made requires authentication.") =>
        new(FaultKind.Unauthorized, message);

    public static Fault Forbidden(string message) => new(FaultKind.Forbidden, message);

    public static Fault NotFound(string message) => new(FaultKind.NotFound, message);

    public static Fault Conflict(string message) => new(FaultKind.Conflict, message);

    public static Fault Unavailable(string message) => new(FaultKind.Unavailable, message);
}

/// <summary>The one table from fault kind to HTTP status.</summary>
public static class FaultKindStatus
{
    public static int ToStatus(this FaultKind kind) => kind switch
    {
        FaultKind.BadRequest => 400,
        FaultKind.Unauthorized => 401,
        FaultKind.Forbidden => 403,
        FaultKind.NotFound => 404,
        FaultKind.MethodNotAllowed => 405,
        FaultKind.NotAcceptable => 406,
        FaultKind.RequestTimeout => 408,
        FaultKind.Conflict => 409,
        FaultKind.Gone => 410,
        FaultKind.PreconditionFailed => 412,
        FaultKind.PayloadTooLarge => 413,
        FaultKind.UnsupportedMediaType => 415,
        FaultKind.RangeNotSatisfiable => 416,
        FaultKind.Locked => 423,
        FaultKind.ChecksumMismatch => 460,
        FaultKind.NotImplemented => 501,
        FaultKind.Unavailable => 503,
        _ => 500,
    };

    /// <summary>The kind for a status that the framework chose itself (routing, body binding).</summary>
    public static FaultKind FromStatus(int status) => status switch
    {
        400 => FaultKind.BadRequest,
        401 => FaultKind.Unauthorized,
        403 => FaultKind.Forbidden,
        404 => FaultKind.NotFound,
        405 => FaultKind.MethodNotAllowed,
        406 => FaultKind.NotAcceptable,
        408 => FaultKind.RequestTimeout,
        409 => FaultKind.Conflict,
        410 => FaultKind.Gone,
        413 => FaultKind.PayloadTooLarge,
        415 => FaultKind.UnsupportedMediaType,
        416 => FaultKind.RangeNotSatisfiable,
        501 => FaultKind.NotImplemented,
        503 => FaultKind.Unavailable,
        >= 400 and < 500 => FaultKind.BadRequest,
        _ => FaultKind.ServerError,
    };
}
