using System.Text.Json;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Platform;

public sealed class JsonMisfitTests
{
    private sealed record Thing(string? Name, bool? IsOn, int Count, Dictionary<string, int>? Members, List<int>? Items, Thing? Inner)
    {
        public required string Id { get; init; }
    }

    [Theory]
    [InlineData("""{"Id": "x", "Name": 3}""", "text is expected there.")]
    [InlineData("""{"Id": "x", "IsOn": "yes"}""", "true or false is expected there.")]
    [InlineData("""{"Id": "x", "Count": 2147483648}""", "a number of its kind is expected there.")]
    [InlineData("""{"Id": "x", "Count": []}""", "a number of its kind is expected there.")]
    [InlineData("""{"Id": "x", "Members": "a"}""", "an object is expected there.")]
    [InlineData("""{"Id": "x", "Items": {}}""", "a list is expected there.")]
    [InlineData("""{"Id": "x", "Inner": 1}""", "an object is expected there.")]
    [InlineData("[]", "an object is expected there.")]
    [InlineData("{}", "'Id' must be there and is not.")]
    public void What_should_have_been_is_told_without_the_types_of_the_code(string json, string expected)
    {
        var wrong = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Thing>(json));

        Assert.Equal(expected, JsonMisfit.Describe(wrong));
    }

    [Fact]
    public void A_sentence_of_our_own_stays() =>
        Assert.Equal("'x' is no colour.", JsonMisfit.Describe(new JsonException("'x' is no colour. Path: $.a | LineNumber: 0 | BytePositionInLine: 9.")));
}
