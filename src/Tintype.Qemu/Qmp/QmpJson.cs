using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Tintype.Qemu.Qmp;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class QmpJson : JsonSerializerContext;
