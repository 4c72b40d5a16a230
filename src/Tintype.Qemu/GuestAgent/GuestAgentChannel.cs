using System.Text.Json;
using System.Text.Json.Nodes;
using Tintype.Qemu.Qmp;

namespace Tintype.Qemu.GuestAgent;

/// <summary>
/// One connection to a guest agent, after docs/interop/qemu-ga-ref of QEMU. What comes out of it was written by the guest, and
/// is believed in nothing but its being bytes.
/// </summary>
internal sealed class GuestAgentChannel(Stream stream) : IAsyncDisposable
{
    // An answer carries at most 16 MiB each of a program's two outputs, in base64.
    private const int LongestLine = 64 << 20;

    // Resets the agent's parser when sent, and begins the answer to guest-sync-delimited. Never part of UTF-8.
    private const byte Delimiter = 0xFF;

    private static readonly TimeSpan _firstPatience = TimeSpan.FromSeconds(3);

    private readonly LineReader _lines = new(stream, LongestLine);

    /// <summary>Gets past everything that earlier callers left in the channel. Goes on until it is cancelled.</summary>
    public async Task SynchroniseAsync(CancellationToken ct)
    {
        for (var patience = _firstPatience; ; patience *= 2)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(patience);
            try
            {
                await TrySynchroniseAsync(limit.Token);
                return;
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                // An agent that started or was restarted meanwhile may have lost the request: ask again. A slow one gets twice
                // the time, since only the answer to the latest request counts.
            }
        }
    }

    /// <exception cref="GuestAgentException">The agent refused.</exception>
    public async Task<JsonElement> CallAsync(string command, JsonObject? arguments, CancellationToken ct)
    {
        await SendAsync(command, arguments, [], ct);
        return await ReadAnswerAsync(command, ct);
    }

    /// <summary>Sends a command that is answered only when it is refused.</summary>
    public Task SendAsync(string command, JsonObject? arguments, CancellationToken ct) => SendAsync(command, arguments, [], ct);

    public async Task<JsonElement> ReadAnswerAsync(string command, CancellationToken ct)
    {
        var line = await _lines.ReadAsync(ct) ?? throw new IOException("QEMU closed the guest agent's channel.");
        if (!TryParse(line, out var answer))
            throw new IOException($"What came in answer to '{command}' is no JSON.");
        if (answer.TryGetProperty("return", out var result))
            return result;
        throw new GuestAgentException($"The guest agent refused '{command}': {ErrorMember(answer, "desc") ?? "without a reason"}");
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task TrySynchroniseAsync(CancellationToken ct)
    {
        var awaited = NewId();
        await SendAsync("guest-sync-delimited", new JsonObject { ["id"] = awaited }, [Delimiter], ct);
        var plain = false;
        while (await _lines.ReadAsync(ct) is { } line)
        {
            if (!TryParse(line, out var answer))
                continue;
            if (answer.TryGetProperty("return", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var number)
                && number == awaited)
                return;
            // While file systems are frozen the agent knows guest-sync, but not guest-sync-delimited. It answers in order, so
            // that the answer to the plain one comes last, whatever this refusal belonged to.
            if (!plain && ErrorMember(answer, "class") == "CommandNotFound")
            {
                plain = true;
                awaited = NewId();
                await SendAsync("guest-sync", new JsonObject { ["id"] = awaited }, [], ct);
            }
        }

        throw new IOException("QEMU closed the guest agent's channel.");
    }

    private static long NewId() => Random.Shared.NextInt64(1, 1L << 53);

    private async Task SendAsync(string command, JsonObject? arguments, byte[] prefix, CancellationToken ct)
    {
        var message = new JsonObject { ["execute"] = command };
        if (arguments is not null)
            message["arguments"] = arguments;
        byte[] bytes = [.. prefix, .. JsonSerializer.SerializeToUtf8Bytes(message, QmpJson.Default.JsonObject), (byte)'\n'];
        await stream.WriteAsync(bytes, ct);
    }

    private static bool TryParse(ReadOnlyMemory<byte> line, out JsonElement message)
    {
        message = default;
        var json = line[(line.Span.LastIndexOf(Delimiter) + 1)..];
        try
        {
            using var document = JsonDocument.Parse(json);
            message = document.RootElement.Clone();
            return message.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            // The rest of an answer whose beginning went to a connection before this one.
            return false;
        }
    }

    private static string? ErrorMember(JsonElement answer, string name) =>
        answer.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
        && error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
