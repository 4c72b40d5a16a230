using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Tintype.Platform.Http;

namespace Tintype.Images;

/// <summary>
/// Glance's error bodies, which are those of WebOb: a JSON object, an HTML page or plain text, as the request's <c>Accept</c> asks.
/// Clients parse them, so the noise (<c>&lt;br /&gt;</c>, line ends) and the code as a string with its reason are kept.
/// <code>{"message": "No image found with ID x&lt;br /&gt;&lt;br /&gt;\n\n\n", "code": "404 Not Found", "title": "Not Found"}</code>
/// </summary>
internal sealed partial class GlanceFaultDialect : IFaultDialect
{
    public PathString Prefix => "/image";

    public async Task WriteAsync(HttpContext context, Fault fault)
    {
        var code = context.Response.StatusCode;
        var title = Title(code);
        var status = $"{code} {title}";
        var body = Body(context.Request, fault);
        switch (Choose(context.Request.Headers.Accept.ToString()))
        {
            case Format.Json:
                await FaultBody.WriteJsonAsync(context, json =>
                {
                    json.WriteString("message", body);
                    json.WriteString("code", status);
                    json.WriteString("title", title);
                });
                break;
            case Format.Html:
                var page = Body(context.Request, fault, WebUtility.HtmlEncode);
                await WriteTextAsync(context, "text/html; charset=UTF-8",
                    $"<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n  {page}\n </body>\n</html>");
                break;
            default:
                await WriteTextAsync(context, "text/plain; charset=UTF-8", $"{status}\n\n{WithoutMarkup(body)}");
                break;
        }
    }

    internal enum Format
    {
        Html,
        Json,
        Plain,
    }

    /// <summary>
    /// The better liked of HTML and JSON, HTML when equal; plain text for whoever likes neither, or sends no <c>Accept</c> or an empty
    /// one (as openstacksdk does).
    /// </summary>
    internal static Format Choose(string accept)
    {
        if (!MediaTypeHeaderValue.TryParseList([accept], out var ranges))
            return Format.Plain;
        var html = Quality(ranges, "text", "html");
        var json = Quality(ranges, "application", "json");
        return html == 0 && json == 0 ? Format.Plain : json > html ? Format.Json : Format.Html;
    }

    private static double Quality(IList<MediaTypeHeaderValue> ranges, string type, string subType) => ranges
        .Where(r => r.MatchesAllTypes || (r.Type.Equals(type, StringComparison.OrdinalIgnoreCase)
            && (r.MatchesAllSubTypes || r.SubType.Equals(subType, StringComparison.OrdinalIgnoreCase))))
        // The most exact range decides, whatever the others say.
        .OrderByDescending(r => r.MatchesAllTypes ? 0 : r.MatchesAllSubTypes ? 1 : 2)
        .Select(r => r.Quality ?? 1).FirstOrDefault();

    private static string Body(HttpRequest request, Fault fault, Func<string, string>? escape = null)
    {
        escape ??= text => text;
        var detail = escape(fault.Detail ?? "");
        return fault.Kind switch
        {
            FaultKind.MethodNotAllowed => $"The method {escape(request.Method)} is not allowed for this resource. <br /><br />\n{detail}",
            FaultKind.UnsupportedMediaType =>
                $"The request media type {escape(request.ContentType ?? "")} is not supported by this server.\n<br /><br />\n{escape(fault.Detail ?? fault.Message)}",
            _ => $"{escape(fault.Message)}<br /><br />\n{detail}\n\n",
        };
    }

    // WebOb keeps the older names of these two.
    private static string Title(int code) => code switch
    {
        413 => "Request Entity Too Large",
        416 => "Requested Range Not Satisfiable",
        _ => ReasonPhrases.GetReasonPhrase(code),
    };

    private static string WithoutMarkup(string body) =>
        Markup.Replace(body.Replace("\n", " ", StringComparison.Ordinal).Replace("<br />", "\n", StringComparison.Ordinal), "");

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Markup { get; }

    private static Task WriteTextAsync(HttpContext context, string contentType, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
