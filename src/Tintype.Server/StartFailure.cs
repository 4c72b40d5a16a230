using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Tintype.Server;

/// <summary>Why the server could not start, in one sentence that says what to do about it.</summary>
internal static class StartFailure
{
    public static string Describe(Exception failure, ServerSettings? settings) => failure switch
    {
        OperationCanceledException => "Tintype was stopped before it was ready.",
        OptionsValidationException invalid => $"The configuration is wrong: {string.Join("; ", invalid.Failures)}",
        InvalidDataException { InnerException: FormatException or System.Text.Json.JsonException } malformed =>
            $"The configuration cannot be read: {malformed.Message} {malformed.InnerException?.InnerException?.Message}",
        _ when Has<AddressInUseException>(failure) =>
            $"Another program listens on {settings?.Listen} already; stop it, or give another address with --listen.",
        _ when Find<SocketException>(failure) is { } socket => $"Tintype cannot listen on {settings?.Listen}: {socket.Message}. Give another address with --listen.",
        _ when Find<SqliteException>(failure) is { } database => $"The database in {settings?.DataDirectory} cannot be used: {database.Message}",
        UnauthorizedAccessException => $"{failure.Message} Let this user write to {settings?.DataDirectory}, or give another directory with --data.",
        IOException => $"The data directory {settings?.DataDirectory} cannot be used: {failure.Message} Give another one with --data.",
        // Ours already say what is wrong and what would be right.
        InvalidOperationException => failure.Message,
        _ => $"Tintype could not start: {failure.Message}",
    };

    private static bool Has<T>(Exception failure) where T : Exception => Find<T>(failure) is not null;

    private static T? Find<T>(Exception? failure) where T : Exception => failure switch
    {
        null => null,
        T found => found,
        _ => Find<T>(failure.InnerException),
    };
}
