using CsCheck;
using Tintype.Images.Listing;
using Tintype.Platform.Database;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Images.Listing;

public sealed class FilterExpressionTests
{
    [Theory]
    [InlineData("disk", "disk")]
    [InlineData("", "")]
    [InlineData("eq:disk", "disk")]
    [InlineData("eq:a:b", "a:b")]
    [InlineData("in:a,b", "a|b")]
    [InlineData("in:a", "a")]
    [InlineData("in:a,", "a")]
    [InlineData("in:,a", "|a")]
    [InlineData("in:\"a,b\",c", "a,b|c")]
    [InlineData("in:\"a:b\"", "a:b")]
    [InlineData("in:\"a\\\"b\"", "a\\\"b")]
    [InlineData("in:", "")]
    [InlineData("2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z")]
    public void The_values_that_are_asked_for(string expression, string expected) =>
        Assert.Equal(expected, string.Join('|', FilterExpression.Values(expression)));

    [Theory]
    [InlineData("foo:bar", "Unable to filter by unknown operator 'foo'.")]
    [InlineData("gt:bar", "Unable to filter by unknown operator 'gt'.")]
    [InlineData("col:on", "Unable to filter by unknown operator 'col'.")]
    [InlineData("in:\"a", "Invalid filter value \"a. The quote is not closed.")]
    [InlineData("in:a\"b\"", "Invalid filter value a\"b\". There is no comma before opening quotation mark.")]
    [InlineData("in:\"a\"b", "Invalid filter value \"a\"b. There is no comma after closing quotation mark.")]
    [InlineData("in:\"a\\\"", "Invalid filter value \"a\\\". The quote is not closed.")]
    public void What_is_no_filter_is_400(string expression, string message)
    {
        var fault = Assert.Throws<Fault>(() => FilterExpression.Values(expression));
        Assert.Equal((FaultKind.BadRequest, message), (fault.Kind, fault.Message));
    }

    [Fact]
    public void Any_list_of_quoted_values_is_read_back() => Gen.String[Gen.Char["ab,: é"], 1, 5].List[1, 5].Sample(values =>
        FilterExpression.Values("in:" + string.Join(',', values.Select(v => $"\"{v}\""))).SequenceEqual(values));

    [Fact]
    public void No_list_of_values_breaks_the_parser() => Gen.String[Gen.Char["ab,:\"\\"], 0, 12].Sample(text =>
    {
        try
        {
            FilterExpression.Values("in:" + text);
        }
        catch (Fault fault)
        {
            Assert.Equal(FaultKind.BadRequest, fault.Kind);
        }
    });

    // What is stored is 12:00:00.5, of which 12:00:00 is shown.
    [Theory]
    [InlineData("2026-11-23T12:00:00Z", true)]
    [InlineData("2026-11-23 12:00:00", true)]
    [InlineData("2026-11-23T12:00", true)]
    [InlineData("2026-11-23T13:00:00+01:00", true)]
    [InlineData("2026-11-23T12:00:00.5Z", false)]
    [InlineData("eq:2026-11-23T12:00:01Z", false)]
    [InlineData("neq:2026-11-23T12:00:00Z", false)]
    [InlineData("neq:2026-11-23T12:00:00.5Z", true)]
    [InlineData("neq:2026-11-23T12:00:01Z", true)]
    [InlineData("gt:2026-11-23T12:00:00Z", false)]
    [InlineData("gt:2026-11-23T11:59:59.9Z", true)]
    [InlineData("gte:2026-11-23T12:00:00Z", true)]
    [InlineData("gte:2026-11-23T12:00:00.1Z", false)]
    [InlineData("gte:2026-11-23", true)]
    [InlineData("lt:2026-11-23T12:00:00Z", false)]
    [InlineData("lt:2026-11-23T12:00:00.1Z", true)]
    [InlineData("lte:2026-11-23T12:00:00Z", true)]
    [InlineData("lte:2026-11-23T11:59:59.9Z", false)]
    [InlineData("lt:1969-12-31T23:59:59.5Z", false)]
    public void A_time_is_compared_by_what_is_shown_of_it(string expression, bool expected)
    {
        var stored = new DateTimeOffset(2026, 11, 23, 12, 0, 0, 500, TimeSpan.Zero).ToMicroseconds();
        var actual = FilterExpression.Time(TimeAttribute.CreatedAt, "created_at", expression) is ImageFilter.Time filter
            && (stored >= filter.From && stored < filter.Before) != filter.Negated;
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData("yesterday", "Bad \"created_at\" query filter format. Use ISO 8601 DateTime notation.")]
    [InlineData("gt:yesterday", "Bad \"created_at\" query filter format. Use ISO 8601 DateTime notation.")]
    [InlineData("in:2026-11-23", "Unable to filter on a unknown operator.")]
    public void What_is_no_time_is_400(string expression, string message)
    {
        var fault = Assert.Throws<Fault>(() => FilterExpression.Time(TimeAttribute.CreatedAt, "created_at", expression));
        Assert.Equal((FaultKind.BadRequest, message), (fault.Kind, fault.Message));
    }
}
