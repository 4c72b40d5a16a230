using Microsoft.AspNetCore.Http;
using Tintype.Platform.Http;

namespace Tintype.Compute.Api;

/// <summary>Nova's error body: <c>{"itemNotFound": {"code": 404, "message": "…"}}</c>. novaclient reads the message from the only member.</summary>
internal sealed class NovaFaultDialect : IFaultDialect
{
    public PathString Prefix { get; } = ComputeApi.Root;

    public Task WriteAsync(HttpContext context, Fault fault)
    {
        var status = context.Response.StatusCode;
        ComputeApi.WriteRequestId(context);
        return FaultBody.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject(NameOf(status));
            json.WriteNumber("code", status);
            json.WriteString("message", fault.Message);
            json.WriteEndObject();
        });
    }

    internal static string NameOf(int status) => status switch
    {
        400 => "badRequest",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "itemNotFound",
        405 => "badMethod",
        409 => "conflictingRequest",
        413 or 429 => "overLimit",
        415 => "badMediaType",
        501 => "notImplemented",
        503 => "serviceUnavailable",
        _ => "computeFault",
    };
}
