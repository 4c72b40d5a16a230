using System.Text.Json;
using Tintype.Platform.Http;
using Tintype.Snapshots.Capture;
using Xunit;

namespace Tintype.Tests.Snapshots;

public sealed class CreateImageRequestTests
{
    [Fact]
    public void A_name_and_texts_are_taken()
    {
        var request = Parse("""{"name": "My snapshot", "metadata": {"a.b:c d-e_f": "", "x": "ü"}}""");

        Assert.Equal("My snapshot", request.Name);
        Assert.Equal(new Dictionary<string, string> { ["a.b:c d-e_f"] = "", ["x"] = "ü" }, request.Metadata);
    }

    [Fact]
    public void Metadata_may_be_left_out() => Assert.Empty(Parse("""{"name": "n"}""").Metadata);

    [Theory]
    [InlineData("null", "Invalid input for field/attribute createImage. Value: null. It is not of type 'object'; for example {\"name\": \"my-snapshot\"} is.")]
    [InlineData("{}", "Invalid input for field/attribute createImage. Value: {}. 'name' is a required property")]
    [InlineData("""{"name":7}""", "Invalid input for field/attribute name. Value: 7. 7 is not of type 'string'")]
    [InlineData("""{"name":""}""", "Invalid input for field/attribute name. Value: \"\". '' is too short")]
    [InlineData("""{"name":" a"}""", "Invalid input for field/attribute name. Value: \" a\". The name must be: printable characters. Can not start or end with whitespace.")]
    [InlineData("""{"name":"a\nb"}""", "Invalid input for field/attribute name. Value: \"a\\nb\". The name must be: printable characters. Can not start or end with whitespace.")]
    [InlineData("""{"name":"a","x":1}""", "Invalid input for field/attribute createImage. Value: {\"name\":\"a\",\"x\":1}. Additional properties are not allowed ('x' was unexpected)")]
    [InlineData("""{"name":"a","metadata":null}""", "Invalid input for field/attribute metadata. Value: null. null is not of type 'object'")]
    [InlineData("""{"name":"a","metadata":{"k":1}}""", "Invalid input for field/attribute k. Value: 1. 1 is not of type 'string'")]
    [InlineData("""{"name":"a","metadata":{"ü":"1"}}""", "Invalid input for field/attribute metadata. Value: {\"ü\":\"1\"}. 'ü' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'")]
    [InlineData("""{"name":"a","metadata":{"visibility":"public"}}""", "Invalid input for field/attribute metadata. Value: {\"visibility\":\"public\"}. 'visibility' is an attribute of images and no property; change it on the image once it is made.")]
    public void What_is_wrong_is_said_with_its_value(string arguments, string message)
    {
        var refusal = Assert.Throws<Fault>(() => Parse(arguments));

        Assert.Equal((FaultKind.BadRequest, message), (refusal.Kind, refusal.Message));
    }

    [Theory]
    [InlineData("""{"name":"LONG"}""")]
    [InlineData("""{"name":"a","metadata":{"k":"LONG"}}""")]
    [InlineData("""{"name":"a","metadata":{"LONG":"v"}}""")]
    public void Nothing_is_longer_than_255_characters(string arguments)
    {
        Parse(arguments.Replace("LONG", new string('x', 255), StringComparison.Ordinal));
        var refusal = Assert.Throws<Fault>(() => Parse(arguments.Replace("LONG", new string('x', 256), StringComparison.Ordinal)));
        Assert.Equal(FaultKind.BadRequest, refusal.Kind);
    }

    [Fact]
    public void A_refusal_does_not_repeat_a_megabyte() =>
        Assert.InRange(Assert.Throws<Fault>(() => Parse($$"""{"name":"{{new string('x', 1_000_000)}}"}""")).Message.Length, 1, 1000);

    private static CreateImageRequest Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return CreateImageRequest.Parse(document.RootElement);
    }
}
