using Microsoft.AspNetCore.Http;

namespace Tintype.Platform.Http;

/// <summary>
/// The id of a request, <c>req-</c> and a UUID, as OpenStack's services give it: in <c>X-Openstack-Request-Id</c>
/// of every answer, in the log, and in an unexpected failure's message.
/// </summary>
public static class RequestId
{
    private const string Header = "X-Openstack-Request-Id";

    public static string Of(HttpContext context) => context.TraceIdentifier;

    internal static void Assign(HttpContext context)
    {
        context.TraceIdentifier = $"req-{Guid.NewGuid()}";
        WriteTo(context);
    }

    internal static void WriteTo(HttpContext context) => context.Response.Headers[Header] = context.TraceIdentifier;
}
