using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Tintype.Platform.Http;

/// <summary>
/// The one place where a refusal becomes a response: faults thrown below, malformed requests that the framework found,
/// and unmatched routes or methods. An unknown exception is 500 with the request id and nothing else.
/// </summary>
internal sealed partial class FaultMiddleware(
    RequestDelegate next, IEnumerable<IFaultDialect> dialects, ILogger<FaultMiddleware> log)
{
    private readonly IFaultDialect[] _dialects = [.. dialects];
    private readonly KeystoneFaultDialect _fallback = new("/");

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (IsBareRefusal(context.Response))
                await WriteAsync(context, OfRouting(context));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client hung up: nobody is left to answer, and it is no error of ours.
        }
        catch (Fault fault)
        {
            await WriteAsync(context, fault);
        }
        catch (BadHttpRequestException malformed)
        {
            if (context.RequestAborted.IsCancellationRequested)
                return;
            await WriteAsync(context, new Fault(FaultKindStatus.FromStatus(malformed.StatusCode), malformed.Message, malformed));
        }
#pragma warning disable CA1031 // The last line of defence: what nobody foresaw is logged and answered without detail.
        catch (Exception unknown)
#pragma warning restore CA1031
        {
            LogUnknown(log, unknown, context.Request.Method, context.Request.Path, RequestId.Of(context));
            await WriteAsync(context, new Fault(FaultKind.ServerError,
                $"Something went wrong here, and it is not your request's fault. The server's log has the reason under {RequestId.Of(context)}."));
        }
    }

    private static bool IsBareRefusal(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null };

    private static Fault OfRouting(HttpContext context)
    {
        var status = context.Response.StatusCode;
        return status switch
        {
            404 => Fault.NotFound("The resource could not be found."),
            405 => new Fault(FaultKind.MethodNotAllowed, $"The method {context.Request.Method} is not allowed for this resource."),
            _ => new Fault(FaultKindStatus.FromStatus(status), ReasonPhrases.GetReasonPhrase(status)),
        };
    }

    private async Task WriteAsync(HttpContext context, Fault fault)
    {
        if (context.Response.HasStarted)
        {
            // Half an answer is out: only a broken connection tells the client that the rest will not come.
            LogTooLate(log, fault, context.Request.Method, context.Request.Path);
            context.Abort();
            return;
        }

        var allow = context.Response.Headers.Allow;
        context.Response.Clear();
        context.Response.StatusCode = fault.Kind.ToStatus();
        RequestId.WriteTo(context);
        if (allow.Count > 0)
            context.Response.Headers.Allow = allow;
        foreach (var (name, value) in fault.Headers)
            context.Response.Headers[name] = value;
        if (HttpMethods.IsHead(context.Request.Method))
            return;

        var dialect = Array.Find(_dialects, d => context.Request.Path.StartsWithSegments(d.Prefix, StringComparison.Ordinal));
        await (dialect ?? _fallback).WriteAsync(context, fault);
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed ({RequestId})")]
    private static partial void LogUnknown(ILogger log, Exception exception, string method, PathString path, string requestId);

    [LoggerMessage(2, LogLevel.Warning, "{Method} {Path} was refused after its answer had begun; the connection is closed")]
    private static partial void LogTooLate(ILogger log, Exception exception, string method, PathString path);
}
