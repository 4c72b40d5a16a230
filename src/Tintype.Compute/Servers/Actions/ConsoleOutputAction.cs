using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tintype.Compute.Api;
using Tintype.Platform.Http;
using Tintype.Platform.Policy;
using Tintype.Protocol.Compute;
using Tintype.Qemu.Process;

namespace Tintype.Compute.Servers.Actions;

/// <summary>
/// <c>{"os-getConsoleOutput": {"length": 50}}</c>: the last lines of what the guest wrote to its serial console.
/// </summary>
internal sealed class ConsoleOutputAction : IServerAction
{
    /// <summary>Bytes of the log's end that are looked at (Nova's MAX_CONSOLE_BYTES): a guest may write without end.</summary>
    internal const int MaximumBytes = 100 * 1024;

    public string Name => "os-getConsoleOutput";

    public async Task<IResult> ExecuteAsync(ServerRecord server, JsonElement arguments, int microversion, Caller caller, HttpContext context, CancellationToken ct)
    {
        caller.RequireMember("os_compute_api:os-console-output");
        int? length = null;
        if (arguments.ValueKind == JsonValueKind.Object)
        {
            var asked = new RequestObject(arguments, Name);
            asked.AllowOnly("length");
            length = asked.Given("length") ? asked.Integer("length", -1) : null;
        }

        if (server.State == VmState.Building)
            throw Fault.Conflict($"Instance {server.Id} is not ready");
        await using var log = GuestFiles.TryOpen(server.Directory, GuestFiles.ConsoleLog) ?? throw Fault.NotFound("Guest does not have a console available.");
        return Results.Json(new ConsoleOutput(LastLines(await ReadEndAsync(log, ct), length)), ComputeJson.Default.ConsoleOutput);
    }

    private static async Task<string> ReadEndAsync(FileStream log, CancellationToken ct)
    {
        log.Seek(Math.Max(0, log.Length - MaximumBytes), SeekOrigin.Begin);
        var buffer = new byte[MaximumBytes];
        var read = await log.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }

    /// <summary>The last lines, without control characters other than tab and line feed, as Nova filters them.</summary>
    /// <param name="length">How many lines; all with null or -1.</param>
    internal static string LastLines(string text, int? length)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '\t' or '\n' or >= ' ')
                clean.Append(c);
        }

        if (length is null or < 0)
            return clean.ToString();
        var lines = clean.ToString().Split('\n');
        // The text ends with a line feed: what follows it is no line.
        var count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        return string.Join('\n', lines[Math.Max(0, count - length.Value)..]);
    }
}
