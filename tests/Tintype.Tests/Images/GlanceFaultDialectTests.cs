using System.Text;
using Microsoft.AspNetCore.Http;
using Tintype.Images;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Images;

public sealed class GlanceFaultDialectTests
{
    [Theory]
    [InlineData("", "Plain")]
    [InlineData("*/*", "Html")]
    [InlineData("text/html", "Html")]
    [InlineData("text/*", "Html")]
    [InlineData("text/plain", "Plain")]
    [InlineData("application/json", "Json")]
    [InlineData("application/xml", "Plain")]
    [InlineData("application/json, text/html", "Html")]
    [InlineData("application/json;q=0.5, text/html;q=0.4", "Json")]
    [InlineData("application/json, */*;q=0.1", "Json")]
    [InlineData("application/*, text/html;q=0.1", "Json")]
    [InlineData("*/*, text/html;q=0", "Json")]
    [InlineData("what is this", "Plain")]
    public void The_format_is_the_one_that_is_liked_best(string accept, string expected) =>
        Assert.Equal(expected, GlanceFaultDialect.Choose(accept).ToString());

    [Fact]
    public async Task Json() => Assert.Equal(
        ("application/json", """{"message":"No image found with ID \u003Cb\u003E\u003Cbr /\u003E\u003Cbr /\u003E\n\n\n","code":"404 Not Found","title":"Not Found"}"""),
        await WriteAsync("application/json", Fault.NotFound("No image found with ID <b>")));

    [Fact]
    public async Task Html_is_escaped() => Assert.Equal(
        ("text/html; charset=UTF-8", "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  No image found with ID &lt;b&gt;<br /><br />\n\n\n\n </body>\n</html>"),
        await WriteAsync("*/*", Fault.NotFound("No image found with ID <b>")));

    [Fact]
    public async Task Plain_text() => Assert.Equal(
        ("text/plain; charset=UTF-8", "404 Not Found\n\nNo image found with ID x\n\n   "),
        await WriteAsync("", Fault.NotFound("No image found with ID x")));

    [Theory]
    [InlineData("Forbidden", "denied", "because", """{"message":"denied\u003Cbr /\u003E\u003Cbr /\u003E\nbecause\n\n","code":"403 Forbidden","title":"Forbidden"}""")]
    [InlineData("MethodNotAllowed", "no", null, """{"message":"The method PUT is not allowed for this resource. \u003Cbr /\u003E\u003Cbr /\u003E\n","code":"405 Method Not Allowed","title":"Method Not Allowed"}""")]
    [InlineData("UnsupportedMediaType", "why", null, """{"message":"The request media type text/x is not supported by this server.\n\u003Cbr /\u003E\u003Cbr /\u003E\nwhy","code":"415 Unsupported Media Type","title":"Unsupported Media Type"}""")]
    [InlineData("PayloadTooLarge", "big", null, """{"message":"big\u003Cbr /\u003E\u003Cbr /\u003E\n\n\n","code":"413 Request Entity Too Large","title":"Request Entity Too Large"}""")]
    [InlineData("RangeNotSatisfiable", "far", null, """{"message":"far\u003Cbr /\u003E\u003Cbr /\u003E\n\n\n","code":"416 Requested Range Not Satisfiable","title":"Requested Range Not Satisfiable"}""")]
    public async Task Some_kinds_have_a_form_of_their_own(string kind, string message, string? detail, string expected)
    {
        var fault = new Fault(Enum.Parse<FaultKind>(kind), message);
        Assert.Equal(("application/json", expected), await WriteAsync("application/json", detail is null ? fault : fault.WithDetail(detail)));
    }

    private static async Task<(string? ContentType, string Body)> WriteAsync(string accept, Fault fault)
    {
        var body = new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = body, StatusCode = fault.Kind.ToStatus() }, Request = { Method = "PUT", ContentType = "text/x" } };
        context.Request.Headers.Accept = accept;
        await new GlanceFaultDialect().WriteAsync(context, fault);
        Assert.Equal(body.Length, context.Response.ContentLength);
        return (context.Response.ContentType, Encoding.UTF8.GetString(body.ToArray()));
    }
}
