using System.Text.Json;
using Tintype.Images.Data.Hashing;
using Tintype.Images.Import;
using Tintype.Platform.Http;
using Xunit;

namespace Tintype.Tests.Images.Import;

public sealed class DataPromiseTests
{
    private const string Example = "for example {\"os_hash_algo\": \"sha256\", \"os_hash_value\": \"…64 hexadecimal digits…\"}";

    [Theory]
    [InlineData("[]", "'validation_data' is an object, " + Example + ", not [].")]
    [InlineData("{}", "'validation_data' has a checksum, or os_hash_algo and os_hash_value, or all three, " + Example + ".")]
    [InlineData("""{"os_hash_algo": "sha256"}""", "'validation_data' has a checksum, or os_hash_algo and os_hash_value, or all three, " + Example + ".")]
    [InlineData("""{"checksum": "00", "os_hash_value": "00"}""", "'validation_data' has a checksum, or os_hash_algo and os_hash_value, or all three, " + Example + ".")]
    [InlineData("""{"sha256": "00"}""", "'validation_data' has a member 'sha256'; it may have checksum, os_hash_algo and os_hash_value.")]
    [InlineData("""{"checksum": 5}""", "'checksum' in 'validation_data' is text, not 5.")]
    [InlineData("""{"checksum": "00"}""", "'checksum' in 'validation_data' is '00'; md5 has 32 hexadecimal digits.")]
    [InlineData("""{"checksum": "g0000000000000000000000000000000"}""", "'checksum' in 'validation_data' is 'g0000000000000000000000000000000'; md5 has 32 hexadecimal digits.")]
    [InlineData("""{"os_hash_algo": "sha1", "os_hash_value": "00"}""", "'os_hash_value' in 'validation_data' is '00'; sha1 has 40 hexadecimal digits.")]
    [InlineData("""{"os_hash_algo": "crc32", "os_hash_value": "00"}""", "The os_hash_algo 'crc32' is not known here; there is md5, sha1, sha224, sha256, sha384, sha512, sha3_256, sha3_384, sha3_512.")]
    public void What_is_no_promise_is_refused(string json, string sentence)
    {
        var refused = Assert.Throws<Fault>(() => Parse(json));
        Assert.Equal((FaultKind.BadRequest, sentence), (refused.Kind, refused.Message));
    }

    [Fact]
    public async Task A_promise_is_kept_or_broken_whichever_way_it_is_written()
    {
        Assert.Null(DataPromise.Parse(JsonDocument.Parse("{}").RootElement));
        var promise = Parse($$"""{"checksum": "{{new string('A', 32)}}", "os_hash_algo": "sha224", "os_hash_value": "{{new string('B', 56)}}"}""")!;
        Assert.Equal([HashKind.Sha224], promise.Wanted());

        await promise.CheckAsync(kind => Task.FromResult(kind == HashKind.Md5 ? new string('a', 32) : new string('b', 56)));
        var md5 = await Assert.ThrowsAsync<Fault>(() => promise.CheckAsync(_ => Task.FromResult("c")));
        Assert.Equal($"The data's md5 is c, not {new string('a', 32)}, which checksum promised; nothing of it is kept.", md5.Message);
        var hash = await Assert.ThrowsAsync<Fault>(() => promise.CheckAsync(_ => Task.FromResult(new string('a', 32))));
        Assert.Equal($"The data's sha224 is {new string('a', 32)}, not {new string('b', 56)}, which os_hash_value promised; nothing of it is kept.", hash.Message);
    }

    private static DataPromise? Parse(string said) => DataPromise.Parse(JsonDocument.Parse($$"""{"validation_data": {{said}} }""").RootElement);
}
